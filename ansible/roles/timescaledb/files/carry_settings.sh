#!/bin/sh
# pg_upgradecluster runs this as the server's user: it gives a new cluster the former one's settings and certificate.
# Without the settings it cannot load TimescaleDB; with another certificate, clients would refuse it.
# usage: OLD_VERSION CLUSTER NEW_VERSION PHASE
set -eu
[ "$4" = init ] || exit 0
former=/etc/postgresql/$1/$2
new=/etc/postgresql/$3/$2
for file in kalshi.key kalshi.crt; do
    cp --preserve=mode "$former/$file" "$new/$file"
done
for file in "$former"/conf.d/*.conf; do
    sed "s,$former/,$new/," "$file" > "$new/conf.d/${file##*/}"
done
# The playbook removes it when the statistics are rebuilt.
touch "$new/statistics_missing"
