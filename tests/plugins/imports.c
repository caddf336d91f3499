/* Refers to one forbidden function, IMPORT. */
#include "fixture.h"

extern void IMPORT(void);
void (*volatile imported)(void) = IMPORT;
