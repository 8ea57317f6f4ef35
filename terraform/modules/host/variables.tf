variable "name" {
  type        = string
  description = "Prefix of every resource name, such as kalshi-data-production."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "Use 3 to 40 lower-case letters, digits and dashes."
  }
}

variable "program" {
  type        = string
  description = "Program on these hosts; also the name of their role and of their group in Ansible."

  validation {
    condition     = contains(["gatherer", "deduplicator", "production"], var.program)
    error_message = "The programs are gatherer, deduplicator and production."
  }
}

variable "region" {
  type        = string
  description = "Region of the hosts; part of the agents' addresses."

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "Give a region such as us-east-1."
  }
}

variable "hosts" {
  type        = map(string)
  description = "Subnet of each host, by host name."

  validation {
    condition     = length(var.hosts) > 0
    error_message = "Name at least one host."
  }
}

variable "public_address" {
  type        = bool
  description = "Whether the hosts get a public address, for outgoing connections only."

  validation {
    condition     = var.public_address != null
    error_message = "Give true or false."
  }
}

variable "security_group_id" {
  type        = string
  description = "The only security group of the hosts."

  validation {
    condition     = length(var.security_group_id) > 0
    error_message = "Give a group: without one a host can neither be reached nor reach others."
  }
}

variable "instance_type" {
  type        = string
  description = "Instance type, of the Graviton family because images and programs are arm64."

  validation {
    condition     = can(regex("^[a-z]+[0-9]+g[a-z]*\\.", var.instance_type))
    error_message = "Give a Graviton type such as t4g.xlarge."
  }
}

variable "disk_gb" {
  type        = number
  description = "Size of the root disk in GB."

  validation {
    condition     = var.disk_gb >= 10 && var.disk_gb <= 16000
    error_message = "Give between 10 and 16000 GB."
  }
}

variable "key_arn" {
  type        = string
  description = "Key that encrypts disks and the archive."

  validation {
    condition     = length(var.key_arn) > 0
    error_message = "Give the ARN of the key: disks are always encrypted."
  }
}

variable "archive" {
  type        = object({ bucket = string, prefix = string })
  description = "Bucket and prefix to which the program may write the archive; null if it writes none."
  default     = null

  validation {
    condition     = var.archive == null || can(regex("^[a-z]+/$", var.archive.prefix))
    error_message = "The prefix is one folder name with its slash."
  }
}

variable "backups" {
  type        = object({ bucket = string })
  description = "Bucket that keeps the backups of these hosts' database server; null if none does."
  default     = null

  validation {
    condition     = var.backups == null || try(length(var.backups.bucket) > 0, false)
    error_message = "Name the bucket, or give null."
  }
}

variable "agents" {
  type        = map(object({ version = string, sha256 = string }))
  description = "Version and checksum of the arm64 Debian packages of the two AWS agents, ssm and cloudwatch."

  validation {
    condition     = toset(keys(var.agents)) == toset(["ssm", "cloudwatch"])
    error_message = "The agents are ssm and cloudwatch."
  }

  validation {
    condition     = alltrue([for agent in var.agents : can(regex("^[0-9a-f]{64}$", agent.sha256))])
    error_message = "A checksum is 64 hexadecimal digits."
  }
}

variable "snapshot_days" {
  type        = number
  description = "Days to keep a daily snapshot of the disks; 0 takes none, for data that also exists elsewhere."
  default     = 0

  validation {
    condition     = var.snapshot_days >= 0 && var.snapshot_days <= 35
    error_message = "Give between 0 and 35 days."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags by which Ansible's inventory finds the hosts."

  validation {
    condition     = !anytrue([for tag in ["Name", "Program"] : contains(keys(var.tags), tag)])
    error_message = "Leave out Name and Program: the module sets them for each host."
  }
}

variable "alarm_topic_arn" {
  type        = string
  description = "Topic to which alarms publish."

  validation {
    condition     = length(var.alarm_topic_arn) > 0
    error_message = "Give the ARN of the topic: an alarm without one reaches no operator."
  }
}

variable "catalog" {
  type        = object({ account_id = string, database = string })
  description = "Glue's database in which the program may register the archive's tables; null if it registers none."
  default     = null

  validation {
    condition     = var.catalog == null || can(regex("^[a-z][a-z0-9_]+$", var.catalog.database))
    error_message = "Use lower-case letters, digits and underscores."
  }
}

variable "health_log_group" {
  type        = string
  description = "Log group of the program's health; null if no program of the platform runs on these hosts."
  default     = null

  validation {
    condition     = var.health_log_group == null || can(regex("^(/[a-z0-9-]+)+$", var.health_log_group))
    error_message = "Start with a slash and do not end with one."
  }
}
