variable "name" {
  type        = string
  description = "Prefix of every resource name, such as kalshi-data-production."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "Use 3 to 40 lower-case letters, digits and dashes."
  }
}

variable "region" {
  type        = string
  description = "Region of the log service that may use the key."

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "Give a region such as us-east-1."
  }
}

variable "account_id" {
  type        = string
  description = "Account that owns the key."

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account id has 12 digits."
  }
}

variable "parameter_path" {
  type        = string
  description = "Folder of the secrets, such as /kalshi-data/production."

  validation {
    condition     = can(regex("^(/[a-z0-9-]+)+$", var.parameter_path))
    error_message = "Start with a slash and do not end with one."
  }
}

variable "parameters" {
  type        = set(string)
  description = "Names of the secrets."

  validation {
    condition     = alltrue([for name in var.parameters : can(regex("^([a-z]+-[0-9]+/)?[a-z_]+$", name))])
    error_message = "Secrets are named in lower-case letters and underscores, below a host's name if they are its own."
  }
}

variable "readers" {
  type        = list(string)
  description = "ARNs of those for whom S3 may decrypt the archive."
  default     = []

  validation {
    condition     = alltrue([for arn in var.readers : startswith(arn, "arn:aws:iam::")])
    error_message = "Each reader is the ARN of a user, a role or an account."
  }
}

variable "log_groups" {
  type        = list(string)
  description = "Names of the log groups that the log service may encrypt with the key; * stands for any end of a name."

  validation {
    condition     = length(var.log_groups) > 0 && alltrue([for name in var.log_groups : can(regex("^/[a-z/-]+", name))])
    error_message = "Name at least one group, each with its first folder."
  }
}
