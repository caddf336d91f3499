/* Carries a symbol, IMPORT, by which a language runtime is known. */
#include "fixture.h"

__attribute__((used, noinline)) static int IMPORT(void) { return 1; }
