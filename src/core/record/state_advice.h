/* state_advice.h - recognises the kind of a text that was refused as a state, and gives advice.
 *
 * Path:    a text that state_read refuses -> [state_advice: input_kind, line] -> messages. Pure.
 * Output:  a sentence. It quotes no part of the file except the release of the program that wrote
 *          the file, such as "0.2.0": only digits and dots.
 */
#ifndef CORE_RECORD_STATE_ADVICE_H
#define CORE_RECORD_STATE_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

/* Maximum number of bytes of the advice. */
#define STATE_ADVICE_CAP 256

/* Returns true if the text is not a state: the sentence then replaces the reason why state_read
 * refused the text. Returns false if the sentence must follow this reason. */
bool state_advice_put(struct buf *b, const char *text, size_t len);

#endif
