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
  description = "Region of the network; part of the endpoints' service names."

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "Give a region such as us-east-1."
  }
}

variable "account_id" {
  type        = string
  description = "The only account whose principals may use the interface endpoints."

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account id has 12 digits."
  }
}

variable "cidr_block" {
  type        = string
  description = "Address range of the network, a /16; every subnet is a /24 of it."

  validation {
    condition     = can(cidrhost(var.cidr_block, 0)) && endswith(var.cidr_block, "/16")
    error_message = "Give a /16 such as 10.20.0.0/16."
  }
}

variable "availability_zones" {
  type        = list(string)
  description = "Zones; each gets a public and a private subnet."

  validation {
    condition = alltrue([
      length(distinct(var.availability_zones)) == length(var.availability_zones),
      length(var.availability_zones) >= 2,
    ])
    error_message = "Name at least two different zones: RDS requires two."
  }
}

variable "bucket_arns" {
  type        = list(string)
  description = "Our buckets that hosts may reach through the S3 gateway endpoint."

  validation {
    condition     = alltrue([for arn in var.bucket_arns : startswith(arn, "arn:aws:s3:::")])
    error_message = "Each entry is a bucket ARN."
  }
}

variable "production_reaches_out" {
  type        = bool
  description = "Whether production is a host of our own, which needs 443 for packages and management; RDS does not."

  validation {
    condition     = var.production_reaches_out != null
    error_message = "Give true or false."
  }
}

variable "catalog_metadata_arn" {
  type        = string
  description = "Objects of the catalogue's metadata, of which hosts may delete old ones; null if there is no catalogue."
  default     = null

  validation {
    condition     = var.catalog_metadata_arn == null || can(regex("/_iceberg/\\*$", var.catalog_metadata_arn))
    error_message = "Only what is below _iceberg/ may be deleted."
  }
}
