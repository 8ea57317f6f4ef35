output "ansible_inventory" {
  description = "Ansible's inventory, which finds hosts by tag: write it to a file whose name ends in aws_ec2.yml."
  value = yamlencode({
    plugin  = "amazon.aws.aws_ec2"
    regions = [local.region]
    filters = {
      "tag:Project"         = local.tags.Project
      "tag:Environment"     = local.tags.Environment
      "instance-state-name" = "running"
    }
    hostnames    = ["tag:Name"]
    keyed_groups = [{ key = "tags.Program", prefix = "", separator = "" }]
    compose = {
      ansible_host             = "instance_id"
      kalshi_address           = "private_ip_address"
      kalshi_availability_zone = "placement.availability_zone"
    }
  })
}

output "ansible_variables" {
  description = "Variables of all hosts: write them to group_vars/all beside the inventory."
  value = yamlencode({
    ansible_connection                    = "amazon.aws.aws_ssm"
    ansible_aws_ssm_region                = local.region
    ansible_aws_ssm_bucket_name           = module.transfer.name
    ansible_aws_ssm_bucket_sse_mode       = "aws:kms"
    ansible_aws_ssm_bucket_sse_kms_key_id = module.secrets.key_arn

    kalshi_region    = local.region
    kalshi_gatherers = { for name, host in module.gatherer.hosts : name => host.address }
    kalshi_production = {
      engine     = var.production_engine
      address    = one(concat(module.database[*].address, module.database_host[*].hosts["production-1"].address))
      port       = 5432
      database   = "kalshi"
      storage_gb = local.production_gb
    }
    kalshi_archive         = { bucket = module.archive.name, prefix = "parquet/" }
    kalshi_backups         = local.on_rds ? {} : { bucket = one(module.backups[*].name), role = one(module.database_host[*].role_name) }
    kalshi_catalog         = var.catalog_database
    kalshi_parameter_names = module.secrets.parameter_names

    kalshi_health_log_group = aws_cloudwatch_log_group.health.name
  })
}

output "master_secret_arn" {
  description = "Secret that contains RDS' master password; null with a production host of our own."
  value       = one(module.database[*].master_secret_arn)
}
