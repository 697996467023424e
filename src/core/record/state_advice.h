/* state_advice.h - what a file is that was given as the state and is none, and what to do.
 *
 * Path:    a text that state_read refuses -> [state_advice: input_kind, line] -> messages. Pure.
 * Output:  a sentence. It quotes nothing of the file but its release, if that is digits and dots.
 */
#ifndef CORE_RECORD_STATE_ADVICE_H
#define CORE_RECORD_STATE_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

/* The longest advice. */
#define STATE_ADVICE_CAP 256

/* True if the text is something else than a state, so that the sentence says more than the reason
 * why it was refused; false if the sentence goes behind that reason. */
bool state_advice_put(struct buf *b, const char *text, size_t len);

#endif
