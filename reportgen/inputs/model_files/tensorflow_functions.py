"""The functions of TensorFlow that Keras 2 stored as layers and that compute values from values.

No function here reads a file, runs code that it is given, keeps a state, or draws at random.
Names are those of the public interface (`tf.image.resize` is image.resize), as Keras 2 wrote them.
"""

_PLAIN = """
    abs acos acosh add add_n argmax argmin argsort asin asinh atan atan2 atanh batch_to_space
    boolean_mask broadcast_to cast clip_by_norm clip_by_value complex concat cos cosh cumsum divide
    dynamic_partition dynamic_stitch eig einsum equal exp expand_dims eye fill floor gather
    gather_nd greater greater_equal identity identity_n less less_equal linspace logical_and
    logical_not logical_or matmul maximum meshgrid minimum multiply negative norm not_equal one_hot
    ones ones_like pad pow range rank realdiv reduce_all reduce_any reduce_logsumexp reduce_max
    reduce_mean reduce_min reduce_prod reduce_sum repeat required_space_to_batch_paddings reshape
    reverse reverse_sequence roll round saturate_cast scalar_mul scatter_nd searchsorted
    sequence_mask shape shape_n sigmoid sign sin sinh size slice sort space_to_batch
    space_to_batch_nd split sqrt square squeeze stack stop_gradient strided_slice subtract tan tanh
    tensor_scatter_nd_add tensor_scatter_nd_max tensor_scatter_nd_min tensor_scatter_nd_sub
    tensor_scatter_nd_update tensordot tile transpose truediv truncatediv truncatemod unique
    unravel_index unstack where zeros zeros_like
"""

_MATH = """
    abs accumulate_n acos acosh add add_n angle argmax argmin asin asinh atan atan2 atanh bessel_i0
    bessel_i0e bessel_i1 bessel_i1e betainc ceil conj cos cosh count_nonzero cumprod cumsum
    cumulative_logsumexp digamma divide divide_no_nan equal erf erfc erfcinv erfinv exp expm1 floor
    floordiv floormod greater greater_equal imag in_top_k invert_permutation is_finite is_inf is_nan
    l2_normalize lbeta less less_equal lgamma log log1p log_sigmoid log_softmax logical_and
    logical_not logical_or logical_xor maximum minimum mod multiply multiply_no_nan ndtri negative
    nextafter not_equal polygamma polyval pow real reciprocal reciprocal_no_nan reduce_all
    reduce_any reduce_euclidean_norm reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod
    reduce_std reduce_sum reduce_variance rint round rsqrt scalar_mul segment_max segment_mean
    segment_min segment_prod segment_sum sigmoid sign sin sinh softmax softplus
    softsign sqrt square squared_difference subtract tan tanh top_k truediv unsorted_segment_max
    unsorted_segment_mean unsorted_segment_min unsorted_segment_prod unsorted_segment_sqrt_n
    unsorted_segment_sum xdivy xlog1py xlogy zero_fraction zeta
"""

_NN = """
    atrous_conv2d avg_pool avg_pool1d avg_pool2d avg_pool3d batch_norm_with_global_normalization
    batch_normalization bias_add conv1d conv2d conv3d conv_transpose convolution crelu
    depth_to_space depthwise_conv2d dilation2d elu erosion2d gelu l2_loss l2_normalize leaky_relu
    local_response_normalization log_softmax lrn max_pool max_pool1d max_pool2d max_pool3d moments
    normalize_moments pool relu relu6 scale_regularization_loss selu separable_conv2d sigmoid silu
    softmax softplus softsign space_to_batch space_to_depth swish tanh top_k weighted_moments
    with_space_to_batch zero_fraction
"""

_IMAGE = """
    adjust_brightness adjust_contrast adjust_gamma adjust_hue adjust_saturation central_crop
    convert_image_dtype crop_and_resize crop_to_bounding_box extract_glimpse extract_patches
    flip_left_right flip_up_down grayscale_to_rgb hsv_to_rgb image_gradients non_max_suppression
    pad_to_bounding_box per_image_standardization psnr resize resize_with_crop_or_pad
    resize_with_pad rgb_to_grayscale rgb_to_hsv rgb_to_yiq rgb_to_yuv rot90 sobel_edges ssim
    total_variation transpose yiq_to_rgb yuv_to_rgb
"""

_LINALG = """
    adjoint band_part cross det diag diag_part einsum eye inv l2_normalize matmul matrix_transpose
    matvec norm normalize set_diag tensor_diag tensor_diag_part tensordot trace
"""

_FIRST_VERSION = """
    arg_max arg_min batch_to_space_nd ceil cumprod depth_to_space div div_no_nan erf erfc
    extract_image_patches floor_div floormod image.extract_image_patches image.resize_area
    image.resize_bicubic image.resize_bilinear image.resize_image_with_crop_or_pad
    image.resize_image_with_pad image.resize_images image.resize_nearest_neighbor is_finite is_inf
    is_nan log log1p log_sigmoid logical_xor matrix_diag matrix_transpose mod nn.avg_pool_v2
    nn.depthwise_conv2d_native nn.max_pool_v2 nn.max_pool_with_argmax reciprocal rint rsqrt
    space_to_depth squared_difference to_float to_int32 where_v2
"""

_FUNCTIONS = frozenset(
    prefix + name
    for prefix, names in (
        ("", _PLAIN),
        ("math.", _MATH),
        ("nn.", _NN),
        ("image.", _IMAGE),
        ("linalg.", _LINALG),
    )
    for name in names.split()
)
_OLD = "compat.v1."


def is_known(function: str) -> bool:
    """Whether a stored layer may name this function; of the first version's, `compat.v1.mod`."""
    if function.startswith(_OLD):
        old = function.removeprefix(_OLD)
        return old in _FUNCTIONS or old in _FIRST_VERSION.split()
    return function in _FUNCTIONS
