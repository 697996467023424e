# promtool.sh - $promtool: Prometheus' own tool, got if need be. Source it after lib.sh.
# Unpacked and not installed: its package would start a server on this machine.
promtool=$(command -v promtool || echo "$BUILD/promtool/usr/bin/promtool")
if [ ! -x "$promtool" ]; then
	mkdir -p "$BUILD/promtool"
	(cd "$BUILD/promtool" && apt-get -qq -o APT::Sandbox::User=root download prometheus && dpkg -x prometheus_*.deb . &&
		rm prometheus_*.deb) >/dev/null || skip_all "unable to get promtool: is the network there?"
fi
