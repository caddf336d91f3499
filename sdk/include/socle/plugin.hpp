// plugin.hpp: write a Socle plugin as one class. docs/plugin-guide.md is the tutorial, examples/hello the shortest
// example.
//
//   class Greeter : public socle::Plugin {
//    public:
//     explicit Greeter(socle::Host& host);
//     socle::Task<socle::Reply> greet(socle::Request request);
//   };
//   SOCLE_PLUGIN(Greeter, socle::service("greeter", 1).method("greet", &Greeter::greet))
//
// What is where: Plugin and its hooks (plugin_base.hpp), Host (host.hpp), Request, Reply, Payload, Context, Task,
// Watch, Timer, Completion, Connection, Held (a file each in detail/); what is compiled from tenants' models goes into
// a ModelCache (socle/model_cache.hpp). No exception leaves a plugin: every entry is a barrier.
#pragma once

#include <socle/detail/entry.hpp>
#include <socle/detail/plugin_base.hpp>

// A constant descriptor `name`, for tests that link plugins statically. At namespace scope.
#define SOCLE_PLUGIN_DESCRIPTOR(variable, plugin_name, PluginType, ...)                                            \
  namespace variable##_definition {                                                                                \
    static constexpr auto methods = ::socle::detail::method_table<PluginType>(__VA_ARGS__);                        \
    static constexpr auto abi_methods = ::socle::detail::abi_methods(methods);                                     \
  }                                                                                                                \
  static constexpr ::socle_plugin variable =                                                                       \
      ::socle::detail::descriptor<PluginType, variable##_definition::methods, variable##_definition::abi_methods>( \
          plugin_name);

// Once per plugin, at global scope. SOCLE_PLUGIN_NAME comes from socle_add_plugin().
#define SOCLE_PLUGIN(PluginType, ...)                                                                \
  SOCLE_ABI_NOTE;                                                                                    \
  SOCLE_PLUGIN_DESCRIPTOR(socle_plugin_descriptor, SOCLE_PLUGIN_NAME, PluginType, __VA_ARGS__)       \
  extern "C" __attribute__((visibility("default"))) const ::socle_plugin* socle_plugin_entry(void) { \
    return &socle_plugin_descriptor;                                                                 \
  }
