// testing.hpp: Socle::testing, all of it: run a plugin in a test without a kernel.
//
//   socle::testing::FakeHost host;
//   socle::testing::TestedPlugin plugin(host, socle_plugin_entry(), R"({"greeting": "Hi"})");
//   CHECK(plugin.ask("greet", {.meta = {{"name", "Ada"}}}).text() == "Hi, Ada!\n");
#pragma once

#include <socle/testing/await_points.hpp>
#include <socle/testing/child.hpp>
#include <socle/testing/fake_host.hpp>
#include <socle/testing/home.hpp>
#include <socle/testing/tested_plugin.hpp>
