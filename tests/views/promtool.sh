# promtool.sh - $promtool: Prometheus' promtool, downloaded if it is not installed. Source it after lib.sh.
# The package is only unpacked, because its installation would start a server on this machine.
promtool=$(command -v promtool || echo "$BUILD/promtool/usr/bin/promtool")
if [ ! -x "$promtool" ]; then
	mkdir -p "$BUILD/promtool"
	(cd "$BUILD/promtool" && apt-get -qq -o APT::Sandbox::User=root download prometheus && dpkg -x prometheus_*.deb . &&
		rm prometheus_*.deb) >/dev/null || skip_all "unable to get promtool: is the network there?"
fi
