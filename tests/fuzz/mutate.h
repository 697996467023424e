/* mutate.h - random numbers for the mutators, and the declarations of two functions of libFuzzer. A
 * mutator is the function LLVMFuzzerCustomMutator, in a header that a target includes. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "fuzz.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

/* Part of libFuzzer. The program that replays a corpus lacks it. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

static uint64_t mutate_state;

static inline void mutate_begin(unsigned seed)
{
	mutate_state = (uint64_t)seed << 32 | 0x9e3779b9;
}

/* A random number below n, by xorshift64* (Vigna 2016). n is at least 1. */
static inline size_t mutate_below(size_t n)
{
	mutate_state ^= mutate_state >> 12;
	mutate_state ^= mutate_state << 25;
	mutate_state ^= mutate_state >> 27;
	return (size_t)(mutate_state * 0x2545f4914f6cdd1d >> 16) % n;
}

#endif
