/* abi_c11.c: abi.h alone, as strict C11. Compiling is the test. */
#include <socle/abi.h>

SOCLE_ABI_NOTE;

int socle_abi_is_c11(void);
int socle_abi_is_c11(void) { return SOCLE_ABI_MAJOR; }
