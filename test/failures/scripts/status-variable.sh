#!/bin/bash
ls -1 /var/lib/shop/releases > /tmp/releases
rc=$?
if [ "$rc" != "0" ]
then
        echo "** list failed rc=$rc"
        echo "** see the operator's handbook, chapter 4"
        exit $rc
fi
