# Production on RDS: one PostgreSQL instance that only the deduplicator can reach.

locals {
  # The limits of the roles are 95 together. RDS keeps some for itself.
  connections_max = 110

  # Tuned for one writer that merges batches through temporary tables. The units are PostgreSQL's.
  parameters = {
    autovacuum_naptime                    = "15"     # s; a new partition needs statistics soon
    autovacuum_vacuum_insert_scale_factor = "0.05"   # append-only tables are marked visible early
    autovacuum_work_mem                   = "65536"  # kB; of each of three workers
    checkpoint_timeout                    = "900"    # s; fewer full-page images
    default_toast_compression             = "lz4"    # cheaper than pglz on two vCPUs
    log_min_duration_statement            = "5000"   # ms
    log_statement                         = "ddl"    # every schema change is logged
    maintenance_work_mem                  = "262144" # kB; one index build at a time
    max_wal_size                          = "16384"  # MB; checkpoints by time, not by volume
    vacuum_freeze_min_age                 = "10000"  # transactions; rows are frozen while they are cached

    # A session whose client vanished without a word ends within 25 s, with its locks.
    tcp_keepalives_idle              = "10"    # s
    tcp_keepalives_interval          = "5"     # s
    tcp_keepalives_count             = "3"     # probes
    tcp_user_timeout                 = "20000" # ms
    client_connection_check_interval = "5000"  # ms

    # Longer than the archive holds a snapshot while another session reads an hour.
    idle_in_transaction_session_timeout = "1800000" # ms

    # One runaway query must not fill the storage.
    temp_file_limit = "20971520" # kB
  }
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name        = "${var.name}-postgres17"
  family      = "postgres17"
  description = "TLS forced, tuned for ingest"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  # RDS' own default would allow more sessions than the memory can hold.
  parameter {
    name         = "max_connections"
    value        = tostring(local.connections_max)
    apply_method = "pending-reboot"
  }

  # A query over all hours of a table locks each partition and its indexes.
  parameter {
    name         = "max_locks_per_transaction"
    value        = "512"
    apply_method = "pending-reboot"
  }

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name  = parameter.key
      value = parameter.value
    }
  }
}

resource "aws_db_instance" "this" {
  # checkov:skip=CKV_AWS_157: this design has one instance; gatherers keep their rows, so an outage only delays them
  identifier     = var.name
  engine         = "postgres"
  engine_version = "17"
  instance_class = var.instance_class
  db_name        = "kalshi"
  port           = 5432

  storage_type          = "gp3"
  allocated_storage     = var.storage_gb
  max_allocated_storage = var.storage_gb_max
  storage_encrypted     = true
  kms_key_id            = var.key_arn

  username                            = "kalshi_admin"
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = var.key_arn
  iam_database_authentication_enabled = true

  availability_zone      = var.availability_zone
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [var.security_group_id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  backup_retention_period   = 7
  backup_window             = "07:00-08:00"
  maintenance_window        = "sun:08:30-sun:09:30"
  copy_tags_to_snapshot     = true
  delete_automated_backups  = false
  deletion_protection       = true
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-final"

  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = false

  performance_insights_enabled          = true
  performance_insights_kms_key_id       = var.key_arn
  performance_insights_retention_period = 7
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]

  tags = { Name = var.name, Program = "production" }

  depends_on = [aws_cloudwatch_log_group.this]
}

# Created before the instance, which would otherwise create them unencrypted and without expiry.
resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${var.name}/${each.key}"
  retention_in_days = 365
  kms_key_id        = var.key_arn
}

resource "aws_iam_role" "monitoring" {
  name = "${var.name}-rds-monitoring"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

locals {
  storage_bytes = var.storage_gb * 1000000000

  alarms = {
    storage = { metric = "FreeStorageSpace", comparison = "LessThanThreshold", limit = local.storage_bytes / 10 }
    cpu     = { metric = "CPUUtilization", comparison = "GreaterThanThreshold", limit = 80 }
    # PostgreSQL refuses to write at two thousand million; a session that stays open for weeks holds back the freezing.
    transactions = { metric = "MaximumUsedTransactionIDs", comparison = "GreaterThanThreshold", limit = 500000000 }
    connections  = { metric = "DatabaseConnections", comparison = "GreaterThanThreshold", limit = 80 }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-rds-${each.key}"
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = { DBInstanceIdentifier = aws_db_instance.this.identifier }
  statistic           = "Average"
  comparison_operator = each.value.comparison
  threshold           = each.value.limit
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "breaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}
