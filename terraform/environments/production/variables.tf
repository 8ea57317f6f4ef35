variable "account_id" {
  type        = string
  description = "The only account to which this configuration may be applied; part of the buckets' names."

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account id has 12 digits."
  }
}

variable "alarm_email" {
  type        = string
  description = "E-mail address that receives the alarms; its owner must confirm the subscription."

  validation {
    condition     = can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.alarm_email))
    error_message = "Give an e-mail address."
  }
}

variable "production_engine" {
  type        = string
  description = "rds: a managed instance with native partitions. timescaledb: a host of our own with hypertables."
  default     = "rds"

  validation {
    condition     = contains(["rds", "timescaledb"], var.production_engine)
    error_message = "Choose rds or timescaledb."
  }
}

variable "agents" {
  type        = map(object({ version = string, sha256 = string }))
  description = "Version and checksum of the two AWS agents, ssm and cloudwatch; the README explains how to get them."

  validation {
    condition     = toset(keys(var.agents)) == toset(["ssm", "cloudwatch"])
    error_message = "The agents are ssm and cloudwatch."
  }

  validation {
    condition     = alltrue([for agent in var.agents : can(regex("^[0-9a-f]{64}$", agent.sha256))])
    error_message = "A checksum is 64 hexadecimal digits."
  }
}

variable "readers" {
  type        = list(string)
  description = "ARNs of the users, roles and accounts that may read the archive, and nothing else."
  default     = []

  validation {
    condition = alltrue([
      for arn in var.readers : can(regex("^arn:aws:iam::[0-9]{12}:(root|(user|role)/[A-Za-z0-9+=,.@_/-]+)$", arn))
    ])
    error_message = "Each reader is the ARN of a user, a role or an account: arn:aws:iam::123456789012:role/research."
  }
}

variable "catalog_database" {
  type        = string
  description = "Glue's database in which the deduplicator registers the archive as Iceberg tables; null registers none."
  default     = null

  validation {
    condition     = var.catalog_database == null || can(regex("^[a-z][a-z0-9_]{0,62}$", var.catalog_database))
    error_message = "Use lower-case letters, digits and underscores, such as kalshi_iceberg."
  }
}

# Values that several resources use.
locals {
  region = "us-east-1"
  name   = "kalshi-data-production"
  tags   = { Project = "kalshi-data", Environment = "production" }
  on_rds = var.production_engine == "rds"

  production_gb = 500

  archive_bucket  = "kalshi-data-archive-${var.account_id}"
  backup_bucket   = "kalshi-data-backups-${var.account_id}"
  transfer_bucket = "kalshi-data-transfer-${var.account_id}"

  parameter_path   = "/kalshi-data/production"
  health_log_group = "/kalshi-data/production/health"

  gatherers = {
    gatherer-1 = "us-east-1a"
    gatherer-2 = "us-east-1b"
    gatherer-3 = "us-east-1c"
  }

  # The same on both engines. No host reads them. Each gatherer has a key of its own.
  secrets = concat(
    ["sync_password", "production_password", "owner_password"],
    [for pair in setproduct(keys(local.gatherers), ["kalshi_key_id", "kalshi_private_key"]) : join("/", pair)],
  )
}
