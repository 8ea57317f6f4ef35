# `terraform init` names the bucket, because its name contains the account id. The lock is an object beside the state.
terraform {
  backend "s3" {
    key          = "kalshi-data/production.tfstate"
    region       = "us-east-1"
    encrypt      = true
    use_lockfile = true
  }
}
