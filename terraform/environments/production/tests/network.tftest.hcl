# Subnets, routes and endpoints. test_reachability.py derives from the rules which hosts can reach each other.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "network" {
  module {
    source = "../../modules/network"
  }

  variables {
    name                   = "kalshi-data-test"
    region                 = "us-east-1"
    account_id             = "123456789012"
    cidr_block             = "10.20.0.0/16"
    availability_zones     = ["us-east-1a", "us-east-1b", "us-east-1c"]
    bucket_arns            = ["arn:aws:s3:::bucket"]
    production_reaches_out = false
  }

  assert {
    condition = alltrue([
      tolist(keys(aws_subnet.public)) == var.availability_zones,
      tolist(keys(aws_subnet.private)) == var.availability_zones,
    ])
    error_message = "Each zone has a subnet of each kind."
  }

  assert {
    condition     = aws_route.internet.route_table_id == aws_route_table.public.id
    error_message = "Only public subnets have a route to the internet."
  }

  assert {
    condition = alltrue([
      for each in aws_route_table_association.private :
      each.route_table_id == aws_route_table.private.id
    ])
    error_message = "Private subnets use the private route table."
  }

  assert {
    condition = alltrue([
      aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway",
      aws_vpc_endpoint.s3.route_table_ids == toset([aws_route_table.private.id]),
    ])
    error_message = "Private subnets reach S3 through the gateway endpoint."
  }

  assert {
    condition = alltrue([
      contains(jsondecode(aws_vpc_endpoint.s3.policy).Statement[0].Resource, "arn:aws:s3:::bucket/*"),
      !strcontains(aws_vpc_endpoint.s3.policy, "\"Resource\":\"*\""),
    ])
    error_message = "The gateway endpoint leads to named buckets only."
  }

  assert {
    condition     = keys(aws_vpc_endpoint.interface) == ["logs", "monitoring", "ssm", "ssmmessages"]
    error_message = "Management and metrics have endpoints."
  }

  assert {
    condition = alltrue([
      for each in aws_vpc_endpoint.interface :
      contains([for rule in jsondecode(each.policy).Statement : "${rule.Effect} ${rule.Action}"], "Deny ssm:GetParameter*")
    ])
    error_message = "No secret passes through an endpoint."
  }

  assert {
    condition     = alltrue([for each in aws_vpc_endpoint.interface : length(each.subnet_ids) == 3])
    error_message = "Each endpoint is in every zone."
  }
}

run "with_catalog" {
  module {
    source = "../../modules/network"
  }

  variables {
    name                   = "kalshi-data-test"
    region                 = "us-east-1"
    account_id             = "123456789012"
    cidr_block             = "10.20.0.0/16"
    availability_zones     = ["us-east-1a", "us-east-1b", "us-east-1c"]
    bucket_arns            = ["arn:aws:s3:::bucket"]
    production_reaches_out = false
    catalog_metadata_arn   = "arn:aws:s3:::bucket/parquet/_iceberg/*"
  }

  assert {
    condition     = keys(aws_vpc_endpoint.interface) == ["glue", "logs", "monitoring", "ssm", "ssmmessages"]
    error_message = "The catalogue has an endpoint."
  }

  assert {
    condition = [
      for each in jsondecode(aws_vpc_endpoint.s3.policy).Statement : each.Resource if contains(flatten([each.Action]), "s3:DeleteObject")
    ] == [["arn:aws:s3:::bucket/parquet/_iceberg/*"]]
    error_message = "Only the catalogue's metadata can be deleted through the gateway endpoint."
  }
}
