// Package terraform turns what Terraform knows of databases into regions and shards of a configuration.
//
// [Read] takes the JSON of `terraform show -json` (of a state or a plan) or of `terraform output -json`, and finds the databases of AWS (RDS and
// Aurora) and Azure (SQL Database, PostgreSQL flexible server) in all modules. Two tags say what a database is to Atoll: ShardID is the shard's name,
// Regulatory the law its rows are under. The result is complete or an error: every fault is listed with the resource's address, and nothing is left
// out silently. Logins and passwords are never taken from the JSON, where Terraform writes them in plain text: the DSNs refer to variables of the environment.
package terraform
