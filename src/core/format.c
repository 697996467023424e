/* format.c - see format.h. */
#include "core/format.h"

#include <string.h>

static const struct format formats[] = {
	{
		.name = "nginx",
		.client = {"remote_addr", "client_ip", "source_ip", "clientip", "remote_ip"},
		.status = {"status"},
		.time = {"msec", "time_iso8601", "time", "timestamp", "@timestamp", "time_local"},
	},
};

const struct format *format_find(const char *name)
{
	if (strcmp(name, "auto") == 0)
		return formats;
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(name, formats[i].name) == 0)
			return &formats[i];
	return NULL;
}
