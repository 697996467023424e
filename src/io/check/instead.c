/* instead.c - see instead.h. */
#include "io/check/instead.h"

#include "io/check/config_check.h"
#include "io/check/doctor.h"
#include "io/check/explain.h"
#include "io/run/make_sets.h"

/* Exit codes: a check has failed; bans cannot work. */
#define EXIT_WRONG  1
#define EXIT_NO_BAN 3

bool instead_of_run(const struct options *o, int *code)
{
	/* --check-config comes first: whatever other options are given, it changes nothing */
	if (o->program.check_config)
		*code = config_check_run(o);
	else if (o->program.doctor)
		*code = doctor_run(o) ? 0 : EXIT_WRONG;
	else if (o->program.explain)
		*code = explain_run(&o->input, &o->allow.trust_proxy) ? 0 : EXIT_WRONG;
	else if (o->program.make_sets)
		*code = make_sets(o) ? 0 : EXIT_NO_BAN;
	else
		return false;
	return true;
}
