# environment.sh - what every test finds in its environment, however it is started. tap.sh and e2e/lib.sh source it.
# shellcheck shell=bash

# An ordinary user's PATH on Debian has no sbin, where nginx, haproxy, apache2, ip and iptables are.
case :$PATH: in
*:/usr/local/sbin:/usr/sbin:/sbin:*) ;;
*) export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin ;;
esac

# A test that runs as root must leave no file in a user's clone.
export PYTHONDONTWRITEBYTECODE=1
