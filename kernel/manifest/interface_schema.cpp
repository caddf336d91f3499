// The tables of what a plugin offers and uses: services, requirements, filters, channels. Routes: route_schema.cpp.
#include "manifest/choices.hpp"
#include "manifest/tables.hpp"

namespace socle::manifest {

namespace {

constexpr const char* method_wanted = "a method name such as greet";
constexpr const char* channel_wanted = "a channel name such as records.changed";

}  // namespace

template <>
const Object<Method>& object_of<Method>() {
  static const auto object =
      Object<Method>(
          "Method", "One method of a provided service. May be left empty: `greet: {}`.",
          {field("idempotent", &Method::idempotent,
                 "Calling twice has the effect of calling once, so a lost call may be repeated."),
           field("operators", &Method::operators, "Operators may call it for a tenant over the control socket."),
           field("timeout", &Method::timeout, "Longest time of one call.")
               .absent("the context's deadline")
               .within(&Method::timeout, 1ms, 1h),
           field("describe", &Method::describe, "One sentence for people.")})
          .short_form([](const Node& node, Reader&, Method&) { return node.kind == Node::Kind::null; });
  return object;
}

template <>
const Object<ProvidedService>& object_of<ProvidedService>() {
  using S = ProvidedService;
  static const auto object =
      Object<S>("Provided service", "A contract this plugin implements.",
                {field("service", &S::service, "Name and major version of the contract.").required(),
                 field("methods", &S::methods, "Its methods by name.").required().named(is_word, method_wanted),
                 field("describe", &S::describe, "One sentence for people.")});
  return object;
}

template <>
const Object<Requirement>& object_of<Requirement>() {
  using R = Requirement;
  static const auto object =
      Object<R>("Requirement", "A service this plugin calls. The major version is part of the service's name.",
                {field("service", &R::service, "The service.").required(),
                 field("plugin_version", &R::plugin_version,
                       "Versions of the providing plugin that will do, e.g. `\">=1.2 <2\"`."),
                 field("optional", &R::optional,
                       "The plugin starts without it; calls answer `unavailable` until it is there.")})
          .short_form([](const Node& node, Reader& reader, R& value) {
            if (node.kind != Node::Kind::scalar) return false;
            Codec<ServiceId>::read(node, reader, value.service);
            return true;
          });
  return object;
}

template <>
const Object<Filter>& object_of<Filter>() {
  static const Object<Filter> object(
      "Filter", "A method of this plugin that stands around matching calls; synchronous and short.",
      {field("match", &Filter::match, "Calls it stands around; `*` is any run of characters.").required(),
       field("method", &Filter::method, "The method of this plugin.").required().named(is_word, method_wanted),
       field("priority", &Filter::priority,
             "Smaller stands further outside: earlier before the call, later after its reply.")
           .within(&Filter::priority, -1'000'000, 1'000'000),
       field("fail", &Filter::fail, "When the filter itself fails: refuse the call, or let it pass."),
       field("phase", &Filter::phase, "Before the call, or after its reply.")});
  return object;
}

template <>
const Object<PublishedChannel>& object_of<PublishedChannel>() {
  using C = PublishedChannel;
  static const auto object =
      Object<C>("Published channel", "A channel this plugin sends to.",
                {field("channel", &C::channel, "Name of the channel.").required().named(is_dotted_word, channel_wanted),
                 field("mode", &C::mode,
                       "`buffered`: a queue; `rendezvous`: sender and receiver meet; `broadcast`: to all, waiting for "
                       "the slow ones."),
                 field("capacity", &C::capacity, "Messages a queue holds per tenant, worker and subscriber.")
                     .within(&C::capacity, 1, 1'000'000),
                 field("type", &C::type,
                       "Name of what is sent, for people: publisher and subscribers must say the same; the content is "
                       "not looked at.")})
          .rule([](const Node& node, Reader& reader, C& value) {
            const Node* capacity = node.find("capacity");
            if (capacity != nullptr && value.mode == ChannelMode::rendezvous) {
              reader.problems.add(capacity->at, "a rendezvous channel has no queue; remove 'capacity'");
            }
          });
  return object;
}

template <>
const Object<Subscription>& object_of<Subscription>() {
  static const Object<Subscription> object(
      "Subscription", "A channel whose messages this plugin gets.",
      {field("channel", &Subscription::channel, "Name of the channel. While no plugin publishes it, nothing comes.")
           .required()
           .named(is_dotted_word, channel_wanted),
       field("to", &Subscription::method, "Method of this plugin that takes the messages.")
           .required()
           .named(is_word, method_wanted),
       field("type", &Subscription::type, "Name of what it takes; the publisher's must be the same.")});
  return object;
}

}  // namespace socle::manifest
