; A core sends the same elements on two colours at a time, over one link.
device "tiny" mesh 2 1
object "x" input 0 40
object "y" output 40 40
tensor "x" f32 object 0 pad zero
  dim balanced x [2]
  dim whole [10]
tensor "y" f32 object 1 pad zero
  dim balanced x [2]
  dim whole [10]
constant "n" uniform [10]
constant "isRight" by_column [0, 1]
constant "isLeft" by_column [1, 0]
class "all" {
  dsm d0, f32 o0[0]
  dsm d1, f32 o1[40]
  dsf d2, f32 colour[0]
  dsf d3, f32 colour[1]
  mov d1, d0 x k0
  mov d2, d0 x k0 on e0 if k2
  mov d3, d0 x k0 on e1 if k2
  mov d0, d2 x k0 on e2 if k1
  mov d1, d3 x k0 on e3 if k1
  wait e0
  wait e1
  wait e2
  wait e3
  halt
}
routes of [0, 1]
  router
    route 0 ramp to east
    route 1 ramp to east
  router
    route 0 west to ramp
    route 1 west to ramp
launch "main" entry [0] routes 0 parameters [] inputs [0] outputs [1]
