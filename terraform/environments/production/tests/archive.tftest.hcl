# The bucket that keeps, and the bucket that forgets.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name    = "kalshi-data-test"
  key_arn = "arn:aws:kms:us-east-1:123456789012:key/mocked"
}

run "archive" {
  module {
    source = "../../modules/archive"
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "Versions are kept."
  }

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_server_side_encryption_configuration.this.rule :
      rule.apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
    ])
    error_message = "Objects are encrypted with our key."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Nothing in the bucket can be made public."
  }

  assert {
    condition = alltrue([
      one(jsondecode(aws_s3_bucket_policy.this.policy).Statement).Effect == "Deny",
      one(jsondecode(aws_s3_bucket_policy.this.policy).Statement).Condition == { Bool = { "aws:SecureTransport" = "false" } },
    ])
    error_message = "Only TLS is answered."
  }

  assert {
    condition = (
      { for move in aws_s3_bucket_lifecycle_configuration.this.rule[0].transition : move.storage_class => move.days }
      == { INTELLIGENT_TIERING = 0, GLACIER = 365 }
    )
    error_message = "Intelligent tiering at once, Glacier after a year."
  }

  assert {
    condition = (
      aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].noncurrent_days
      == 30
    )
    error_message = "Old versions go after 30 days."
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration) == 0
    error_message = "The archive itself is kept for ever."
  }
}

run "transfer" {
  module {
    source = "../../modules/archive"
  }

  variables {
    expire_after_days = 1
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Suspended"
    error_message = "What is deleted is gone."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[0].days == 1,
      length(aws_s3_bucket_lifecycle_configuration.this.rule[0].transition) == 0,
    ])
    error_message = "Objects are deleted after a day."
  }
}
