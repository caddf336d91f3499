/* Spins. The fault point "hang" lets a test end it: any answer but OK does. */
#include <socle/abi.h>

#define FAULT                                                            \
  {                                                                      \
    const socle_str hang = FIXTURE_TEXT("hang");                         \
    while (fixture_host->fault_point(fixture_host, hang) == SOCLE_OK) {} \
  }
#include "fixture.h"
