# environment.sh - sets the environment of every test, however it is started. tap.sh and e2e/lib.sh source it.
# shellcheck shell=bash

# On Debian, an ordinary user's PATH lacks sbin, the directory of nginx, haproxy, apache2, ip and iptables.
case :$PATH: in
*:/usr/local/sbin:/usr/sbin:/sbin:*) ;;
*) export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin ;;
esac

# A test that runs as root must leave no compiled file in a user's clone.
export PYTHONDONTWRITEBYTECODE=1
