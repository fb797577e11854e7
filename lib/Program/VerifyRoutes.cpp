//===- VerifyRoutes.cpp - Static rules of route tables --------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verifier.h"
#include "plmr/Program/Routes.h"
#include "llvm/ADT/STLExtras.h"

using namespace plmr;

namespace {

/// Checks one route table (docs/ISA.md, I20 to I23).
class RouteVerifier {
public:
  RouteVerifier(const Program &program, size_t number)
      : program(program), table(program.routeTables[number]), number(number) {}

  llvm::Error verify();

private:
  llvm::Error checkClass(size_t index);
  std::string describeOwners(size_t index) const;
  llvm::Error checkLinks(unsigned x, unsigned y);
  llvm::Error checkReached();
  const Route *find(unsigned x, unsigned y, uint8_t colour) const;

  const Program &program;
  const RouteTable &table;
  size_t number;
};

} // namespace

const Route *RouteVerifier::find(unsigned x, unsigned y, uint8_t colour) const {
  return findRoute(program, table, x, y, colour);
}

/// "in 0 of 'a', out 1 of 'b' or 'c'": colours of the class's cores, and
/// the channels that have them.
std::string RouteVerifier::describeOwners(size_t index) const {
  std::string text;
  for (const Route &route : table.classes[index]) {
    bool isIn = route.hasOutput(Port::Ramp), isOut = route.input == Port::Ramp;
    if (!isIn && !isOut)
      continue;
    text += llvm::formatv("{0}{1} {2}", text.empty() ? "" : ", ",
                          isIn ? "in" : "out", route.colour);
    const char *separator = " of ";
    for (const ChannelInfo &channel : program.channels)
      if (llvm::is_contained(channel.colours, unsigned(route.colour))) {
        text += llvm::formatv("{0}'{1}'", separator, channel.name);
        separator = " or ";
      }
  }
  return text;
}

llvm::Error RouteVerifier::checkClass(size_t index) {
  const std::vector<Route> &routes = table.classes[index];
  const Machine &machine = program.machine;
  unsigned inputs = 0, outputs = 0;
  int previous = -1;
  for (const Route &route : routes) {
    if (route.colour >= machine.getUsableColours())
      return makeError("route table {0}, router class {1}: colour {2}, "
                       "programs have colours 0 to {3} on '{4}'",
                       number, index, route.colour,
                       int(machine.getUsableColours()) - 1, machine.name);
    if (route.colour <= previous)
      return makeError("route table {0}, router class {1}: colour {2} is not "
                       "in ascending order or has two routes",
                       number, index, route.colour);
    previous = route.colour;
    if (route.input > Port::Ramp || route.outputs == 0 ||
        route.outputs >> numPorts || route.hasOutput(route.input))
      return makeError("route table {0}, router class {1}: colour {2} needs "
                       "outputs other than its input",
                       number, index, route.colour);
    inputs += route.hasOutput(Port::Ramp);
    outputs += route.input == Port::Ramp;
  }
  if (inputs > machine.inputQueues || outputs > machine.outputQueues)
    return makeError("route table {0}, router class {1}: needs {2} input and "
                     "{3} output queues, '{4}' has {5} and {6}: {7}",
                     number, index, inputs, outputs, machine.name,
                     machine.inputQueues, machine.outputQueues,
                     describeOwners(index));
  return llvm::Error::success();
}

/// What a router sends into a link its neighbour takes from there, and the
/// other way.
llvm::Error RouteVerifier::checkLinks(unsigned x, unsigned y) {
  for (const Route &route :
       table.classes[table.classOf[y * program.mesh.columns + x]]) {
    for (unsigned p = 0; p != numPorts - 1; ++p) {
      Port port = static_cast<Port>(p);
      bool sends = route.hasOutput(port), takes = route.input == port;
      if (!sends && !takes)
        continue;
      std::optional<std::pair<unsigned, unsigned>> other =
          getNeighbour(program.mesh, x, y, port);
      const Route *peer =
          other ? find(other->first, other->second, route.colour) : nullptr;
      if (peer && (sends ? peer->input == getOpposite(port)
                         : peer->hasOutput(getOpposite(port))))
        continue;
      return makeError("route table {0}: colour {1} {2} the {3} port of router "
                       "({4}, {5}), where no router {6} it",
                       number, route.colour, sends ? "leaves by" : "enters by",
                       stringify(port), x, y, sends ? "takes" : "sends");
    }
  }
  return llvm::Error::success();
}

/// Every route is reached from a ramp: there are no closed rings.
llvm::Error RouteVerifier::checkReached() {
  uint64_t routes = 0, reached = 0;
  for (unsigned y = 0; y != program.mesh.rows; ++y)
    for (unsigned x = 0; x != program.mesh.columns; ++x)
      for (const Route &route :
           table.classes[table.classOf[y * program.mesh.columns + x]]) {
        ++routes;
        if (route.input == Port::Ramp)
          walkRoute(program, table, x, y, route.colour,
                    [&](const RouteStep &) { ++reached; });
      }
  if (routes == reached)
    return llvm::Error::success();
  return makeError("route table {0}: {1} routes form rings that no core sends "
                   "into",
                   number, routes - reached);
}

llvm::Error RouteVerifier::verify() {
  if (table.classOf.size() != program.mesh.getNumCores())
    return makeError("route table {0}: classes for {1} routers, the mesh has "
                     "{2}",
                     number, table.classOf.size(), program.mesh.getNumCores());
  for (uint16_t cls : table.classOf)
    if (cls >= table.classes.size())
      return makeError("route table {0}: router class {1} of {2}", number, cls,
                       table.classes.size());
  for (size_t i = 0; i != table.classes.size(); ++i)
    if (llvm::Error error = checkClass(i))
      return error;
  for (unsigned y = 0; y != program.mesh.rows; ++y)
    for (unsigned x = 0; x != program.mesh.columns; ++x)
      if (llvm::Error error = checkLinks(x, y))
        return error;
  return checkReached();
}

llvm::Error plmr::verifyRoutes(const Program &program) {
  for (size_t i = 0; i != program.routeTables.size(); ++i)
    if (llvm::Error error = RouteVerifier(program, i).verify())
      return error;
  return llvm::Error::success();
}
