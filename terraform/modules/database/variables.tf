variable "name" {
  type        = string
  description = "Prefix of every resource name, such as kalshi-data-production."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "Use 3 to 40 lower-case letters, digits and dashes."
  }
}

variable "availability_zone" {
  type        = string
  description = "Zone of the instance."

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9][a-z]$", var.availability_zone))
    error_message = "Give a zone such as us-east-1a."
  }
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets in at least two zones, which RDS requires even for a single instance."

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "Give at least two subnets."
  }
}

variable "security_group_id" {
  type        = string
  description = "The only security group of the instance."

  validation {
    condition     = length(var.security_group_id) > 0
    error_message = "Give a group: without one the instance gets the network's default group."
  }
}

variable "instance_class" {
  type        = string
  description = "Instance class, of the Graviton family."

  validation {
    condition     = can(regex("^db\\.[a-z]+[0-9]+g[a-z]*\\.", var.instance_class))
    error_message = "Give a Graviton class such as db.t4g.large."
  }
}

variable "storage_gb" {
  type        = number
  description = "Size of the gp3 storage; from 400 GB on, RDS stripes it and provides 12000 operations a second."

  validation {
    condition     = var.storage_gb >= 400 && var.storage_gb <= 65536
    error_message = "Give between 400 and 65536 GB."
  }
}

variable "storage_gb_max" {
  type        = number
  description = "Size up to which RDS grows the storage by itself if less than a tenth of it is free."

  validation {
    condition     = var.storage_gb_max >= 440 && var.storage_gb_max <= 65536
    error_message = "Give at least a tenth more than storage_gb, and at most 65536 GB."
  }
}

variable "key_arn" {
  type        = string
  description = "Key that encrypts storage, master password, performance insights and logs."

  validation {
    condition     = length(var.key_arn) > 0
    error_message = "Give the ARN of the key: everything is always encrypted."
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
