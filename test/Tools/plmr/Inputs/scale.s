; Halves a matrix on two cores, and adds the left half to the right one.
device "tiny" mesh 2 1
object "x" input 0 40
object "y" output 40 40
object "z" output 80 20
tensor "x" f32 object 0 pad zero
  dim balanced x [2]
  dim whole [10]
tensor "y" f32 object 1 pad zero
  dim balanced x [2]
  dim whole [10]
tensor "z" f16 object 2 pad zero
  dim balanced x [2]
  dim whole [10]
constant "n" uniform [10]
constant "isRight" by_column [0, 1]
constant "isLeft" by_column [1, 0]
class "all" {
  dsm d0, f32 o0[0] ! 0
  dsm d1, f32 o1[40] ! 0
  dss d2, f32 0.5 ! 0
  dsf d3, f32 colour[0] ! 0
  mul d1, d0, d2 x k0 ! 0
  mov d3, d1 x k0 on e0 if k2 ! 1
  add d1, d1, d3 x k0 if k1 ! 1
  wait e0 ! 1
  dsm d4, f16 o2[80] ! 0
  mov d4, d1 x k0 ! 0
  halt ! 0
}
routes of [0, 1]
  router
    route 0 ramp to east
  router
    route 0 west to ramp
launch "main" entry [0] routes 0 parameters [] inputs [0] outputs [1, 2]
channel "right" "chain along x" colours [0] hops 1
operation "sum" "right" bytes 40 hops 1 colours [0]
location "scale.mlir:3:5"
location "sum"
