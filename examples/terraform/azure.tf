# One logical server and one database for each SQL Server shard. Logins are those of Microsoft Entra only: there is no password at all.
resource "azurerm_mssql_server" "shard" {
  for_each = var.sqlserver

  name                = "${var.prefix}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = each.value.location
  version             = "12.0"
  minimum_tls_version = "1.2"

  azuread_administrator {
    login_username              = var.entra_admin.login
    object_id                   = var.entra_admin.object_id
    azuread_authentication_only = true
  }
}

resource "azurerm_mssql_database" "shard" {
  for_each = var.sqlserver

  name      = var.database
  server_id = azurerm_mssql_server.shard[each.key].id
  sku_name  = each.value.sku_name

  tags = {
    ShardID    = each.key
    Regulatory = each.value.regulatory
  }
}
