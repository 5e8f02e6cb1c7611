#!/bin/sh
# Tells a broker what each user of Cairn may do. It is made by `python -m deploy.acls`.
#
#   sh deploy/kafka-acls.sh --bootstrap-server kafka:9093 --command-config admin.conf
#
# It calls kafka-acls.sh of Apache Kafka's bin folder, which must be on the PATH; what
# you put behind it goes to each call. CAIRN_TOPIC_PREFIX, if set, stands before names.
set -eu

kafka-acls.sh "$@" --add --allow-principal User:cairn-ingest --operation Write --topic "${CAIRN_TOPIC_PREFIX-}activity-records"
kafka-acls.sh "$@" --add --allow-principal User:cairn-rollup --operation Read --topic "${CAIRN_TOPIC_PREFIX-}activity-records"
kafka-acls.sh "$@" --add --allow-principal User:cairn-rollup --operation Write --topic "${CAIRN_TOPIC_PREFIX-}activity-records.rejected"
kafka-acls.sh "$@" --add --allow-principal User:cairn-rollup --operation Read --topic "${CAIRN_TOPIC_PREFIX-}goal-changes"
kafka-acls.sh "$@" --add --allow-principal User:cairn-rollup --operation Read --operation Write --topic "${CAIRN_TOPIC_PREFIX-}goal-updated"
kafka-acls.sh "$@" --add --allow-principal User:cairn-rollup --operation Read --group "${CAIRN_TOPIC_PREFIX-}rollup"
kafka-acls.sh "$@" --add --allow-principal User:cairn-rollup --operation Read --group "${CAIRN_TOPIC_PREFIX-}rollup-definitions"
kafka-acls.sh "$@" --add --allow-principal User:cairn-rollup --operation Read --group "${CAIRN_TOPIC_PREFIX-}rollup-watch"
kafka-acls.sh "$@" --add --allow-principal User:cairn-goals --operation Write --topic "${CAIRN_TOPIC_PREFIX-}goal-changes"
kafka-acls.sh "$@" --add --allow-principal User:cairn-goals --operation Read --topic "${CAIRN_TOPIC_PREFIX-}goal-updated"
kafka-acls.sh "$@" --add --allow-principal User:cairn-goals --operation Describe --topic "${CAIRN_TOPIC_PREFIX-}activity-records"
kafka-acls.sh "$@" --add --allow-principal User:cairn-goals --operation Read --topic "${CAIRN_TOPIC_PREFIX-}activity-records.rejected"
kafka-acls.sh "$@" --add --allow-principal User:cairn-goals --operation Write --topic "${CAIRN_TOPIC_PREFIX-}activity-records"
kafka-acls.sh "$@" --add --allow-principal User:cairn-operator --operation Create --operation Describe --operation DescribeConfigs --operation Alter --topic "${CAIRN_TOPIC_PREFIX-}activity-records"
kafka-acls.sh "$@" --add --allow-principal User:cairn-operator --operation Create --operation Describe --operation DescribeConfigs --operation Alter --topic "${CAIRN_TOPIC_PREFIX-}activity-records.rejected"
kafka-acls.sh "$@" --add --allow-principal User:cairn-operator --operation Create --operation Describe --operation DescribeConfigs --operation Alter --topic "${CAIRN_TOPIC_PREFIX-}goal-changes"
kafka-acls.sh "$@" --add --allow-principal User:cairn-operator --operation Create --operation Describe --operation DescribeConfigs --operation Alter --topic "${CAIRN_TOPIC_PREFIX-}goal-updated"
kafka-acls.sh "$@" --add --allow-principal User:cairn-operator --operation Read --topic "${CAIRN_TOPIC_PREFIX-}activity-records.rejected"
kafka-acls.sh "$@" --add --allow-principal User:cairn-operator --operation Read --group "${CAIRN_TOPIC_PREFIX-}cairn-rejected-replay"
kafka-acls.sh "$@" --add --allow-principal User:cairn-operator --operation Write --topic "${CAIRN_TOPIC_PREFIX-}activity-records"
