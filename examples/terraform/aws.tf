# One instance for each PostgreSQL shard. Its password is made and kept by AWS Secrets Manager, so Terraform never sees it.
resource "aws_db_instance" "shard" {
  for_each = var.postgres

  identifier                  = "${var.prefix}-${each.key}"
  engine                      = "postgres"
  engine_version              = "16"
  instance_class              = each.value.instance_class
  allocated_storage           = each.value.storage_gb
  db_name                     = var.database
  username                    = "administrator"
  manage_master_user_password = true
  storage_encrypted           = true
  backup_retention_period     = 7 # replicas need backups
  deletion_protection         = true
  skip_final_snapshot         = false
  final_snapshot_identifier   = "${var.prefix}-${each.key}-final"

  tags = {
    ShardID    = each.key
    Regulatory = each.value.regulatory
  }
}

locals {
  replicas = merge([
    for id, shard in var.postgres : { for n in range(shard.replicas) : "${id}-replica-${n + 1}" => id }
  ]...)
}

# Replicas have the ShardID of their primary: they hold the same rows and are no shards.
resource "aws_db_instance" "replica" {
  for_each = local.replicas

  identifier          = "${var.prefix}-${each.key}"
  replicate_source_db = aws_db_instance.shard[each.value].identifier
  instance_class      = var.postgres[each.value].instance_class
  skip_final_snapshot = true

  tags = {
    ShardID    = each.value
    Regulatory = var.postgres[each.value].regulatory
  }
}
