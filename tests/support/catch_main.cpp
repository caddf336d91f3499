// The one file that holds Catch2's main; every test binary shares its object.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
