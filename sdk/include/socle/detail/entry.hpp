// entry.hpp: the four entries of a plugin's descriptor and the barrier around each. Every one is noexcept and fails
// closed: a throw becomes SOCLE_INTERNAL (or a refused create) with its text in the log and not in the answer.
#pragma once

#include <socle/detail/hooks.hpp>
#include <socle/detail/service.hpp>

namespace socle::detail {

template <class P>
struct Instance {
  Host host;
  P plugin;
  Instance(const socle_host* table, socle_payload* config) : host(table, Payload::keep(config)), plugin(host) {}
};

// Table: the constant array<Method<P>, N> that SOCLE_PLUGIN made.
template <class P, const auto& Table>
struct Entry {
  static socle_status create(const socle_host* table, socle_payload* config, void** instance,
                             socle_reply* error) noexcept {
    if (table->abi_major != SOCLE_ABI_MAJOR || table->struct_size < sizeof(socle_host)) {
      *error = {sizeof(socle_reply), SOCLE_UNSUPPORTED, nullptr};
      return SOCLE_UNSUPPORTED;  // the loader says it in words; this is the belt to its braces
    }
    host_table = table;
    try {
      *instance = new Instance<P>(table, config);
      return SOCLE_OK;
    } catch (const std::exception& thrown) {
      *error = Reply::error(Code::internal, "create_failed", thrown.what()).release();
    } catch (...) {
      *error = caught(nullptr, "create");
    }
    return error->status;
  }

  static void destroy(void* instance) noexcept { delete static_cast<Instance<P>*>(instance); }

  static socle_status handle(void* instance, const socle_call* call, socle_reply* reply) noexcept {
    auto& self = *static_cast<Instance<P>*>(instance);
    try {
      if (call->method < Table.size()) {
        const Method<P>& method = Table[call->method];
        const Request request(call->context, call->payload);
        if (method.plain != nullptr) return answer((self.plugin.*method.plain)(request), *reply);
        return answer((self.plugin.*method.coroutine)(request), *call, *reply);
      }
      return hook(self.plugin, self.host, *call, *reply);
    } catch (...) {
      *reply = caught(call->context, "handler");
      return reply->status;
    }
  }

  static void connection(void* instance, const socle_connection* raw) noexcept {
    try {
      static_cast<Instance<P>*>(instance)->plugin.connection(Connection(*raw));
    } catch (const std::exception& thrown) {
      log_throw("connection", thrown.what());
    } catch (...) {
      log_throw("connection", "an exception without text");
    }
  }
};

template <class P, const auto& Table, const auto& AbiMethods>
constexpr socle_plugin descriptor(std::string_view name) {
  using Entries = Entry<P, Table>;
  return {sizeof(socle_plugin), SOCLE_ABI_MAJOR, SOCLE_ABI_MINOR, str(name), AbiMethods.data(), AbiMethods.size(),
          &Entries::create, &Entries::destroy, &Entries::handle,
          // nullptr tells the kernel that no listener is served
          std::is_same_v<decltype(&P::connection), void (Plugin::*)(Connection)> ? nullptr : &Entries::connection};
}

}  // namespace socle::detail
