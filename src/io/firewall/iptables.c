/* iptables.c - see iptables.h.
 *
 * It runs iptables instead of using a library, because only the program knows whether this host
 * uses nft or legacy. A firewall rule inserted by the other backend would work, but the
 * administrator would never find it.
 */
#include "io/firewall/iptables.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/firewall/firewall.h"

/* maximum number of identical rules; if there are more, another program inserts them as fast as
 * this one removes them */
#define REMOVE_MAX 1000

static const char *program_of(const struct drop_rule *r)
{
	return r->v6 ? "ip6tables" : "iptables";
}

static bool is_denied(const char *said)
{
	return strstr(said, "ermission denied") || strstr(said, "not permitted") ||
	       strstr(said, "you must be root") || strstr(said, "Can't open socket");
}

/* If root may not open the lock file, the file was removed during the run. The confined process may
 * not make it again; only a restart does. */
static const char *hint_of_denied(const char *said)
{
	return geteuid() == 0 && strstr(said, "lock file")
		       ? "; restart anomdetect"
		       : "; run as root or give CAP_NET_ADMIN and CAP_NET_RAW, or use --rule none";
}

/* Appends `text`, of `len` bytes, with control bytes as blanks; text that does not fit is cut. */
static void append_clean(char *out, size_t cap, const char *text, size_t len)
{
	size_t at = strlen(out);

	for (size_t i = 0; i < len && at + 1 < cap; i++)
		out[at++] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i];
	out[at] = '\0';
}

/* An operation, and the words for it in messages. */
struct deed {
	const char *verb, *where;
};
static const struct deed to_look = {"check", "in"};
static const struct deed to_put = {"put", "into"};
static const struct deed to_remove = {"remove", "from"};

/* Writes in one line the operation that failed and the informative lines of the child's output. */
static void explain_failure(const struct drop_rule *r, const struct deed *deed,
	const struct child_end *end, char *why, size_t why_cap)
{
	const char *line = end->said;
	bool first = true;

	snprintf(why, why_cap, "unable to %s the rule for set '%s' %s %s/%s: ", deed->verb,
		r->set_name, deed->where, r->table, r->chain);
	while (*line) {
		size_t len = strcspn(line, "\n");
		if (len && line[0] != '#' && strncmp(line, "Try `", 5) != 0) {
			append_clean(why, why_cap, "; ", first ? 0 : 2);
			append_clean(why, why_cap, line, len);
			first = false;
		}
		line += len + (line[len] == '\n');
	}
	if (first) {
		char text[64];
		snprintf(text, sizeof text, "%s ended with code %d", program_of(r), end->code);
		append_clean(why, why_cap, text, strlen(text));
	}
	if (is_denied(end->said)) {
		const char *hint = hint_of_denied(end->said);
		append_clean(why, why_cap, hint, strlen(hint));
	}
}

/* `operation`: "-C", "-I" or "-D". */
static bool run_rule(const struct drop_rule *r, const char *operation, struct child_end *end,
	char *why, size_t why_cap)
{
	const char *words[24] = {program_of(r), "-w", "5", "-t", r->table, operation, r->chain};
	char *argv[sizeof words / sizeof *words];
	size_t n = 7;

	if (r->protocol) {
		words[n++] = "-p";
		words[n++] = r->protocol;
		words[n++] = "-m";
		words[n++] = "multiport";
		words[n++] = "--dports";
		words[n++] = r->ports;
	}
	words[n++] = "-m";
	words[n++] = "set";
	words[n++] = "--match-set";
	words[n++] = r->set_name;
	words[n++] = "src";
	words[n++] = "-j";
	words[n++] = "DROP";
	memcpy(argv, words, sizeof argv); /* exec's argument type; nothing writes to the words */
	return child_run(argv, NULL, NULL, end, why, why_cap);
}

/* Like iptables_has_rule; `deed` is the operation that needs the check. */
static bool check_rule(const struct drop_rule *r, const struct deed *deed, bool *present, char *why,
	size_t why_cap)
{
	struct child_end end;

	if (!run_rule(r, "-C", &end, why, why_cap))
		return false;
	/* Exit code 1 means "no such rule"; a call without the necessary capabilities ends with 1,
	 * too. */
	if (end.code > 1 || (end.code == 1 && is_denied(end.said))) {
		explain_failure(r, deed, &end, why, why_cap);
		return false;
	}
	*present = end.code == 0;
	return true;
}

bool iptables_has_rule(const struct drop_rule *r, bool *present, char *why, size_t why_cap)
{
	return check_rule(r, &to_look, present, why, why_cap);
}

bool iptables_insert(const struct drop_rule *r, bool *put, char *why, size_t why_cap)
{
	struct child_end end;
	bool present;

	*put = false;
	if (!check_rule(r, &to_put, &present, why, why_cap))
		return false;
	if (present)
		return true;
	if (!run_rule(r, "-I", &end, why, why_cap))
		return false;
	if (end.code != 0) {
		explain_failure(r, &to_put, &end, why, why_cap);
		return false;
	}
	*put = true;
	return true;
}

bool iptables_delete(const struct drop_rule *r, char *why, size_t why_cap)
{
	struct child_end end;
	bool present;

	for (int i = 0; i < REMOVE_MAX; i++) {
		if (!check_rule(r, &to_remove, &present, why, why_cap))
			return false;
		if (!present)
			return true;
		if (!run_rule(r, "-D", &end, why, why_cap))
			return false;
		if (end.code != 0)
			break;
	}
	explain_failure(r, &to_remove, &end, why, why_cap);
	return false;
}

bool iptables_is_installed(bool v6)
{
	struct drop_rule any = {.v6 = v6};
	const char *const words[] = {program_of(&any), "-V", NULL};
	char *argv[sizeof words / sizeof *words], why[FIREWALL_WHY_CAP];
	struct child_end end;

	memcpy(argv, words, sizeof argv);
	return child_run(argv, NULL, NULL, &end, why, sizeof why) || !end.missing;
}

/* Runs a program that lists rules. */
static bool list_rules(const struct drop_rule *r, const char *const words[], size_t size,
	child_line *each, void *ctx, char *why, size_t why_cap)
{
	char *argv[8];
	struct child_end end;

	memcpy(argv, words, size);
	if (!child_run(argv, each, ctx, &end, why, why_cap))
		return false;
	if (end.code != 0)
		explain_failure(r, &to_look, &end, why, why_cap);
	return end.code == 0;
}

bool iptables_list_table(
	const struct drop_rule *r, child_line *each, void *ctx, char *why, size_t why_cap)
{
	const char *const words[] = {program_of(r), "-w", "5", "-t", r->table, "-S", NULL};

	return list_rules(r, words, sizeof words, each, ctx, why, why_cap);
}

bool iptables_list_all(
	const struct drop_rule *r, child_line *each, void *ctx, char *why, size_t why_cap)
{
	/* These programs list only the tables in use; `iptables -t TABLE -S` would make the kernel
	 * load a table that is not in use. */
	const char *const words[] = {r->v6 ? "ip6tables-save" : "iptables-save", NULL};

	return list_rules(r, words, sizeof words, each, ctx, why, why_cap);
}

void iptables_command(const struct drop_rule *r, const char *operation, char *text, size_t cap)
{
	char to[160] = "";

	if (r->protocol)
		snprintf(to, sizeof to, "-p %s -m multiport --dports %s ", r->protocol, r->ports);
	snprintf(text, cap, "%s -w -t %s %s %s %s-m set --match-set %s src -j DROP", program_of(r),
		r->table, operation, r->chain, to, r->set_name);
}
