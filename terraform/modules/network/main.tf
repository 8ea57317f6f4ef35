# One network, two kinds of subnet in each zone, and all firewall rules of the platform.
#
# Hosts that call the exchange are in public subnets. A NAT gateway would be one more part that can fail in each zone,
# and would charge for every byte received. The security groups admit no connection from the internet.
# Private subnets have no route to the internet.

locals {
  zones = { for index, zone in var.availability_zones : zone => index }

  groups = {
    gatherer     = "Records the exchange and serves its own database"
    deduplicator = "Reads the gatherers and writes production and the archive"
    production   = "The production database"
    endpoint     = "Endpoints of AWS services inside the network"
  }

  # The network table. Each row opens the port at both ends.
  paths = merge(
    {
      "deduplicator to gatherer"   = { source = "deduplicator", target = "gatherer", port = 5432 }
      "deduplicator to production" = { source = "deduplicator", target = "production", port = 5432 }
      "deduplicator to endpoint"   = { source = "deduplicator", target = "endpoint", port = 443 }
      "gatherer to endpoint"       = { source = "gatherer", target = "endpoint", port = 443 }
    },
    var.production_reaches_out ? {
      "production to endpoint" = { source = "production", target = "endpoint", port = 443 }
    } : {}
  )

  # Groups that may open connections to any address, on 443 only.
  reaching_out = toset(var.production_reaches_out ? ["gatherer", "production"] : ["gatherer"])

  interface_services = toset(concat(["ssm", "ssmmessages", "monitoring", "logs"], var.catalog_metadata_arn == null ? [] : ["glue"]))

  # AWS publishes the agents' packages in these buckets; private hosts download them through the same endpoint.
  agent_bucket_arns = [
    "arn:aws:s3:::amazon-ssm-${var.region}",
    "arn:aws:s3:::amazoncloudwatch-agent-${var.region}",
  ]
}

resource "aws_vpc" "this" {
  # checkov:skip=CKV2_AWS_11: few paths are open and a test compares them with the design; logs would record refused scans
  cidr_block           = var.cidr_block
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

# Managed here so that it has no rules: a host that is started without its own group can reach nothing.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_subnet" "public" {
  for_each = local.zones

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = cidrsubnet(var.cidr_block, 8, each.value)
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_subnet" "private" {
  for_each = local.zones

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.cidr_block, 8, 100 + each.value)

  tags = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-public" }
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  route_table_id = aws_route_table.public.id
  subnet_id      = each.value.id
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-private" }
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  route_table_id = aws_route_table.private.id
  subnet_id      = each.value.id
}

resource "aws_security_group" "this" {
  # checkov:skip=CKV2_AWS_5: attached in the host and database modules, which the check does not follow
  for_each = local.groups

  name        = "${var.name}-${each.key}"
  description = each.value
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_vpc_security_group_egress_rule" "path" {
  for_each = local.paths

  description                  = each.key
  security_group_id            = aws_security_group.this[each.value.source].id
  referenced_security_group_id = aws_security_group.this[each.value.target].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "path" {
  for_each = local.paths

  description                  = each.key
  security_group_id            = aws_security_group.this[each.value.target].id
  referenced_security_group_id = aws_security_group.this[each.value.source].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "internet" {
  for_each = local.reaching_out

  description       = "${each.key} to the exchange and to package mirrors"
  security_group_id = aws_security_group.this[each.key].id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  description       = "deduplicator to S3 through the gateway endpoint"
  security_group_id = aws_security_group.this["deduplicator"].id
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private.id]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid       = "OurBuckets"
        Effect    = "Allow"
        Principal = "*"
        Action    = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:AbortMultipartUpload"]
        Resource  = flatten([for arn in var.bucket_arns : [arn, "${arn}/*"]])
      },
      {
        Sid       = "AgentPackages"
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource  = [for arn in local.agent_bucket_arns : "${arn}/*"]
      },
      ], [
      for arn in compact([var.catalog_metadata_arn]) : {
        Sid       = "OldMetadata"
        Effect    = "Allow"
        Principal = "*"
        Action    = ["s3:DeleteObject"]
        Resource  = [arn]
      }
    ])
  })

  tags = { Name = "${var.name}-s3" }
}

# In each zone, because the private names apply to the whole network: with endpoints in a single zone, its failure would
# also disconnect operators from the gatherers in the other zones.
resource "aws_vpc_endpoint" "interface" {
  for_each = local.interface_services

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids  = [aws_security_group.this["endpoint"].id]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyThisAccount"
        Effect    = "Allow"
        Principal = "*"
        Action    = "*"
        Resource  = "*"
        Condition = { StringEquals = { "aws:PrincipalAccount" = var.account_id } }
      },
      {
        # No host needs a secret, whatever its role may do later.
        Sid       = "NoSecrets"
        Effect    = "Deny"
        Principal = "*"
        Action    = "ssm:GetParameter*"
        Resource  = "*"
      },
    ]
  })

  tags = { Name = "${var.name}-${each.key}" }
}
