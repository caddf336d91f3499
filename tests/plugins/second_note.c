/* A second ABI note in the same library: two sources built against two SDKs. */
#include <socle/abi.h>

SOCLE_ABI_NOTE;
