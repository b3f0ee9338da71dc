postgres = {
  eu-1 = { regulatory = "GDPR", replicas = 1 }
  eu-2 = { regulatory = "GDPR" }
}
sqlserver = {
  br-1 = { regulatory = "LGPD", location = "brazilsouth" }
}
entra_admin = {
  login     = "database-administrators"
  object_id = "00000000-0000-0000-0000-000000000000"
}
