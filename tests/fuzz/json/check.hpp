// check.hpp: what a fuzz target insists on. An input for which it does not hold ends the run and is kept.
#pragma once

#include <cstdio>
#include <cstdlib>

#define CHECK(condition)                                \
  do {                                                  \
    if (!(condition)) {                                 \
      std::fprintf(stderr, "not so: %s\n", #condition); \
      std::abort();                                     \
    }                                                   \
  } while (false)
