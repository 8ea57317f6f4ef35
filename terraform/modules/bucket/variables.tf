variable "name" {
  type        = string
  description = "Name of the bucket, unique in all of AWS."

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "Use 3 to 63 lower-case letters, digits and dashes."
  }
}

variable "key_arn" {
  type        = string
  description = "Key that encrypts the objects."

  validation {
    condition     = length(var.key_arn) > 0
    error_message = "Give the ARN of the key: objects are always encrypted."
  }
}

variable "expire_after_days" {
  type        = number
  description = "Days until an object is deleted; null keeps it and moves it to cheaper storage."
  default     = null

  validation {
    condition     = var.expire_after_days == null || try(var.expire_after_days >= 1, false)
    error_message = "Give at least one day, or null."
  }
}

# The role that writes may replace or delete objects. Their versions it cannot delete.
variable "old_version_days" {
  type        = number
  description = "Days for which a replaced or deleted object of a bucket that keeps its objects can be brought back."
  default     = 450

  validation {
    condition     = var.old_version_days >= 1
    error_message = "Give at least one day."
  }
}

variable "readers" {
  type        = object({ principals = list(string), prefix = string })
  description = "ARNs of those who may get and list the objects below a prefix, and the prefix."
  default     = { principals = [], prefix = "" }

  validation {
    condition     = length(var.readers.principals) == 0 || can(regex("^[a-z]+/$", var.readers.prefix))
    error_message = "The prefix is one folder name with its slash."
  }
}
