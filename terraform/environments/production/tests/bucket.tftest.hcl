# A bucket that keeps its objects, and one that deletes them.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name    = "kalshi-data-test"
  key_arn = "arn:aws:kms:us-east-1:123456789012:key/mocked"
}

run "keeps_objects" {
  module {
    source = "../../modules/bucket"
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
    error_message = "No object in the bucket can be made public."
  }

  assert {
    condition = alltrue([
      one(jsondecode(aws_s3_bucket_policy.this.policy).Statement).Effect == "Deny",
      one(jsondecode(aws_s3_bucket_policy.this.policy).Statement).Condition == { Bool = { "aws:SecureTransport" = "false" } },
    ])
    error_message = "Requests without TLS are denied."
  }

  assert {
    condition = (
      { for move in aws_s3_bucket_lifecycle_configuration.this.rule[0].transition : move.storage_class => move.days }
      == { INTELLIGENT_TIERING = 0 }
    )
    error_message = "Objects move to intelligent tiering at once, where every reader can read them."
  }

  assert {
    condition = (
      aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].noncurrent_days
      >= 400
    )
    error_message = "A replaced object can be brought back for more than a year."
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration) == 0
    error_message = "Current objects never expire."
  }
}

run "keeps_old_versions_for_two_weeks" {
  module {
    source = "../../modules/bucket"
  }

  variables {
    old_version_days = 14
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled",
      aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].noncurrent_days == 14,
      length(aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration) == 0,
    ])
    error_message = "A deleted backup can be brought back for two weeks, and none expires by itself."
  }
}

run "deletes_objects" {
  module {
    source = "../../modules/bucket"
  }

  variables {
    expire_after_days = 1
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Suspended"
    error_message = "A deleted object has no other version."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[0].days == 1,
      length(aws_s3_bucket_lifecycle_configuration.this.rule[0].transition) == 0,
    ])
    error_message = "Objects are deleted after a day."
  }
}

run "lets_readers_read" {
  module {
    source = "../../modules/bucket"
  }

  variables {
    readers = { principals = ["arn:aws:iam::210987654321:role/research"], prefix = "parquet/" }
  }

  assert {
    condition = (
      toset(flatten([
        for each in jsondecode(aws_s3_bucket_policy.this.policy).Statement : each.Action if each.Effect == "Allow"
      ]))
      == toset(["s3:GetObject", "s3:ListBucket"])
    )
    error_message = "Readers get and list, and do nothing else."
  }

  assert {
    condition = (
      {
        for each in jsondecode(aws_s3_bucket_policy.this.policy).Statement : each.Sid => each.Resource
        if each.Effect == "Allow"
      }
      == {
        ReadersGet  = ["arn:aws:s3:::kalshi-data-test/parquet/*"]
        ReadersList = ["arn:aws:s3:::kalshi-data-test"]
      }
    )
    error_message = "Readers get objects of one prefix of this bucket."
  }

  assert {
    condition = one([
      for each in jsondecode(aws_s3_bucket_policy.this.policy).Statement : each.Condition if each.Sid == "ReadersList"
    ]) == { StringLike = { "s3:prefix" = "parquet/*" } }
    error_message = "Readers list one prefix."
  }

  assert {
    condition = alltrue([
      for each in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      each.Principal == { AWS = ["arn:aws:iam::210987654321:role/research"] } if each.Effect == "Allow"
    ])
    error_message = "No other principal may read."
  }
}

run "rejects_readers_of_everything" {
  command = plan

  module {
    source = "../../modules/bucket"
  }

  variables {
    readers = { principals = ["arn:aws:iam::210987654321:role/research"], prefix = "" }
  }

  expect_failures = [var.readers]
}
