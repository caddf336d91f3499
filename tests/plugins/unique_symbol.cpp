// A GNU_UNIQUE symbol, which pins the library for ever once it is used. g++ makes one of a static in an exported inline
// function; written out here, for clang makes none.
#include "fixture.h"

__asm__(R"(
  .pushsection .data
  .type _ZZ7countervE5value, @gnu_unique_object
  .size _ZZ7countervE5value, 4
_ZZ7countervE5value:
  .long 0
  .popsection
)");
extern int value __asm__("_ZZ7countervE5value");

int* use_counter();
int* use_counter() { return &value; }
