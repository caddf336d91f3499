// json.hpp: the JSON kit, all of it (CMake target Socle::json). docs/design/json.md tells how the pieces fit.
#pragma once

#include "socle/json/builder.hpp"
#include "socle/json/compare.hpp"
#include "socle/json/decimal.hpp"
#include "socle/json/document.hpp"
#include "socle/json/patch.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/view.hpp"
#include "socle/json/writer.hpp"
