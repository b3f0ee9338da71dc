# What `terraform output -json | atoll shards import terraform` reads, for those who may not see the state.
output "shards" {
  description = "Where the shards are. It holds no credential."
  value = merge(
    {
      for id, db in aws_db_instance.shard : id => {
        region     = split(":", db.arn)[3]
        regulatory = db.tags.Regulatory
        driver     = "postgres"
        host       = db.address
        port       = db.port
        database   = db.db_name
      }
    },
    {
      for id, db in azurerm_mssql_database.shard : id => {
        region     = azurerm_mssql_server.shard[id].location
        regulatory = db.tags.Regulatory
        driver     = "sqlserver"
        host       = azurerm_mssql_server.shard[id].fully_qualified_domain_name
        port       = 1433
        database   = db.name
        entra      = true # no password
      }
    },
  )
}
