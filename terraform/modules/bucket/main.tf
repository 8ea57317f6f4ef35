# A bucket that keeps its objects, as the Parquet archive and the backups do, or deletes them after some days; some may
# read a prefix.

locals {
  keep_objects = var.expire_after_days == null

  # Reading only: no principal outside of this platform writes or deletes.
  reading = [
    for each in [
      {
        Sid      = "ReadersGet"
        Action   = ["s3:GetObject"]
        Resource = ["arn:aws:s3:::${var.name}/${var.readers.prefix}*"]
      },
      {
        Sid       = "ReadersList"
        Action    = ["s3:ListBucket"]
        Resource  = ["arn:aws:s3:::${var.name}"]
        Condition = { StringLike = { "s3:prefix" = "${var.readers.prefix}*" } }
      },
    ] : merge(each, { Effect = "Allow", Principal = { AWS = var.readers.principals } })
    if length(var.readers.principals) > 0
  ]
}

resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_18: one role writes and one account reads; an access log would only add a bucket
  # checkov:skip=CKV_AWS_21: the archive keeps versions, as bucket.tftest.hcl asserts; the check does not follow the condition
  # checkov:skip=CKV_AWS_144: this design has one region; gatherers and production can write the archive again
  # checkov:skip=CKV2_AWS_62: no program waits for new objects; production records which ones are verified
  bucket        = var.name
  force_destroy = false

  tags = { Name = var.name }
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    # The files that Ansible copies can contain secrets, so no version may survive their deletion.
    status = local.keep_objects ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    # One data key for many objects, instead of a charged request for each.
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.key_arn
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([{
      Sid       = "OnlyTLS"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::${var.name}", "arn:aws:s3:::${var.name}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }], local.reading)
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  # Rules for old versions require versioning to exist.
  bucket = aws_s3_bucket_versioning.this.bucket

  rule {
    id     = "current"
    status = "Enabled"

    filter {}

    # Without the optional archive tiers every object stays readable at once. Objects in GLACIER or DEEP_ARCHIVE must be
    # restored first: readers fail on them or leave them out, and late rows of their hours could not join them.
    dynamic "transition" {
      for_each = local.keep_objects ? { INTELLIGENT_TIERING = 0 } : {}

      content {
        storage_class = transition.key
        days          = transition.value
      }
    }

    dynamic "expiration" {
      for_each = local.keep_objects ? [] : [var.expire_after_days]

      content {
        days = expiration.value
      }
    }

    noncurrent_version_expiration {
      noncurrent_days = local.keep_objects ? var.old_version_days : var.expire_after_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}
