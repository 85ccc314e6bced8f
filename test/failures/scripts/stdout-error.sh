#!/bin/bash
echo "shopd installer 2.1"
echo "==================="
echo
echo "Sorry, shopd can only be installed on arm64"
echo
exit 1
