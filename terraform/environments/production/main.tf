module "secrets" {
  source = "../../modules/secrets"

  name           = local.name
  region         = local.region
  account_id     = var.account_id
  parameter_path = local.parameter_path
  parameters     = local.secrets
  log_groups     = [local.health_log_group, "/aws/rds/instance/${local.name}/*"]
  readers        = var.readers
}

module "network" {
  source = "../../modules/network"

  name                   = local.name
  region                 = local.region
  account_id             = var.account_id
  cidr_block             = "10.20.0.0/16"
  availability_zones     = ["us-east-1a", "us-east-1b", "us-east-1c"]
  bucket_arns            = ["arn:aws:s3:::${local.archive_bucket}", "arn:aws:s3:::${local.transfer_bucket}"]
  production_reaches_out = !local.on_rds
  catalog_metadata_arn   = var.catalog_database == null ? null : "arn:aws:s3:::${local.archive_bucket}/parquet/_iceberg/*"
}

module "archive" {
  source = "../../modules/bucket"

  name    = local.archive_bucket
  key_arn = module.secrets.key_arn
  readers = { principals = var.readers, prefix = "parquet/" }

  # Longer than a year and a late row's 400 days.
  old_version_days = 450
}

# RDS keeps its own. The server deletes what is older than two weeks, and could be made to delete more.
module "backups" {
  source = "../../modules/bucket"
  count  = local.on_rds ? 0 : 1

  name             = local.backup_bucket
  key_arn          = module.secrets.key_arn
  old_version_days = 14
}

# Ansible reaches the hosts through SSM only, which copies files through this bucket.
module "transfer" {
  source = "../../modules/bucket"

  name              = local.transfer_bucket
  key_arn           = module.secrets.key_arn
  expire_after_days = 1
}

module "gatherer" {
  source = "../../modules/host"

  name              = local.name
  program           = "gatherer"
  region            = local.region
  hosts             = { for name, zone in local.gatherers : name => module.network.public_subnet_ids[zone] }
  public_address    = true
  security_group_id = module.network.security_group_ids["gatherer"]
  instance_type     = "t4g.2xlarge"
  disk_gb           = 200
  key_arn           = module.secrets.key_arn
  agents            = var.agents
  tags              = local.tags
  alarm_topic_arn   = aws_sns_topic.alarms.arn
  health_log_group  = aws_cloudwatch_log_group.health.name
}

module "deduplicator" {
  source = "../../modules/host"

  name              = local.name
  program           = "deduplicator"
  region            = local.region
  hosts             = { deduplicator-1 = module.network.private_subnet_ids["us-east-1c"] }
  public_address    = false
  security_group_id = module.network.security_group_ids["deduplicator"]
  instance_type     = "t4g.xlarge"
  disk_gb           = 50
  key_arn           = module.secrets.key_arn
  archive           = { bucket = module.archive.name, prefix = "parquet/" }
  catalog           = var.catalog_database == null ? null : { account_id = var.account_id, database = var.catalog_database }
  agents            = var.agents
  tags              = local.tags
  alarm_topic_arn   = aws_sns_topic.alarms.arn
  health_log_group  = aws_cloudwatch_log_group.health.name
}

module "database" {
  source = "../../modules/database"
  count  = local.on_rds ? 1 : 0

  name              = local.name
  availability_zone = "us-east-1a"
  subnet_ids        = values(module.network.private_subnet_ids)
  security_group_id = module.network.security_group_ids["production"]
  instance_class    = "db.t4g.large"
  storage_gb        = local.production_gb
  storage_gb_max    = 2 * local.production_gb
  key_arn           = module.secrets.key_arn
  alarm_topic_arn   = aws_sns_topic.alarms.arn
}

module "database_host" {
  source = "../../modules/host"
  count  = local.on_rds ? 0 : 1

  name              = local.name
  program           = "production"
  region            = local.region
  hosts             = { production-1 = module.network.public_subnet_ids["us-east-1a"] }
  public_address    = true
  security_group_id = module.network.security_group_ids["production"]
  instance_type     = "t4g.large"
  disk_gb           = local.production_gb
  key_arn           = module.secrets.key_arn
  agents            = var.agents
  tags              = local.tags
  snapshot_days     = 7
  backups           = { bucket = one(module.backups[*].name) }
  alarm_topic_arn   = aws_sns_topic.alarms.arn
}
