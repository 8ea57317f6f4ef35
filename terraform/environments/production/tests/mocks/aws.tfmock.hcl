# Values whose format the provider checks when other resources use them.

mock_resource "aws_kms_key" {
  defaults = {
    arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws:iam::123456789012:role/mocked"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws:sns:us-east-1:123456789012:mocked"
  }
}

mock_resource "aws_db_instance" {
  defaults = {
    address = "production.mocked.us-east-1.rds.amazonaws.com"
    master_user_secret = [{
      kms_key_id    = "mocked"
      secret_arn    = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-mocked"
      secret_status = "active"
    }]
  }
}
