variable "postgres" {
  description = "PostgreSQL shards on Amazon RDS in the region of the aws provider, by ShardID."
  type = map(object({
    regulatory     = string
    instance_class = optional(string, "db.t4g.medium")
    storage_gb     = optional(number, 50)
    replicas       = optional(number, 0)
  }))
  default = {}

  validation {
    condition     = alltrue([for id, _ in var.postgres : can(regex("^[a-z0-9][a-z0-9-]{0,50}$", id))])
    error_message = "A ShardID is made of lower-case letters, digits and hyphens, since it is part of identifiers, too."
  }
}

variable "sqlserver" {
  description = "SQL Server shards on Azure SQL, by ShardID."
  type = map(object({
    regulatory = string
    location   = string
    sku_name   = optional(string, "S1")
  }))
  default = {}

  validation {
    condition     = alltrue([for id, _ in var.sqlserver : can(regex("^[a-z0-9][a-z0-9-]{0,50}$", id))])
    error_message = "A ShardID is made of lower-case letters, digits and hyphens, since it is part of identifiers, too."
  }
}

variable "database" {
  description = "The name of the database on every shard."
  type        = string
  default     = "coops"
}

variable "prefix" {
  description = "How the names of servers begin. On Azure they are unique in the world."
  type        = string
  default     = "coops"
}

variable "resource_group_name" {
  description = "The resource group of the Azure SQL servers."
  type        = string
  default     = "coops"
}

variable "entra_admin" {
  description = "The group of Microsoft Entra that administers the Azure SQL servers."
  type = object({
    login     = string
    object_id = string
  })
  default = null
}
